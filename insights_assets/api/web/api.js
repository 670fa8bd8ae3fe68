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
export const getSnapshot = (category) => read(encodeURIComponent(category));
export const getTrend = (category, days) =>
  read(`${encodeURIComponent(category)}/trend?days=${days}`);

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;
export const forgetToken = () => sessionStorage.removeItem(TOKEN);
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);

async function read(path) {
  const token = sessionStorage.getItem(TOKEN);
  let response;
  try {
    response = await fetch(`api/insights/${path}`, {
      headers: { Accept: "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
      cache: "no-cache", // asks again each time; an ETag makes that cheap
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (error) {
    const slow = error.name === "TimeoutError";
    throw new Unreachable(slow ? "The API did not answer in time." : "The API does not answer.");
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  const detail = typeof body?.detail === "string" ? body.detail : "";
  if (response.status === 401) throw new NeedsToken(detail);
  if (response.status === 404 && detail) throw new NothingThere(detail);
  throw new Unreachable(`The API answered with status ${response.status}. ${detail}`.trim());
}
