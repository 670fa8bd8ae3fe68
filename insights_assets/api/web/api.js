/** The read API, and the ways in which it can fail. */

const PATIENCE = 15_000;
const TOKEN = "insights-read-token";

/** The API is protected, and the token is missing or wrong. */
export class NeedsToken extends Error {}

/** The API works, but has nothing under this address (yet). */
export class NothingThere extends Error {}

/** No answer, or none that can be used; another try may help. */
export class Unreachable extends Error {}

export const getCategories = () => read("categories").then((answer) => answer.categories);
export const getSnapshot = (category, date) => read(pathTo(category, { date }));
export const getTrend = (category, query) => read(pathTo(`${category}/trend`, query));

/** The address of an answer, for those who want to read it themselves. */
export const addressOf = (category, query) => `api/insights/${pathTo(category, query)}`;

/** The trend as a file, asked for with the token that the page has. */
export async function getCsv(category, query) {
  const response = await ask(pathTo(`${category}/trend`, { ...query, format: "csv" }), "text/csv");
  if (!response.ok) throw new Unreachable(`The API answered with status ${response.status}.`);
  return response.blob();
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;
export const forgetToken = () => sessionStorage.removeItem(TOKEN);
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);

function pathTo(path, query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value);
  return given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
}

async function read(path) {
  const response = await ask(path, "application/json");
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const detail = typeof body?.detail === "string" ? body.detail : "";
  if (response.status === 401) throw new NeedsToken(detail);
  if (detail && [404, 422].includes(response.status)) throw new NothingThere(detail);
  throw new Unreachable(`The API answered with status ${response.status}. ${detail}`.trim());
}

async function ask(path, type) {
  const token = sessionStorage.getItem(TOKEN);
  try {
    return await fetch(`api/insights/${path}`, {
      headers: { Accept: type, ...(token && { Authorization: `Bearer ${token}` }) },
      cache: "no-cache", // asks again each time; an ETag makes that cheap
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (error) {
    const slow = error.name === "TimeoutError";
    throw new Unreachable(slow ? "The API did not answer in time." : "The API does not answer.");
  }
}
