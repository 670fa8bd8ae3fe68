/** Dark and light: as the system says, until the button says otherwise (and that is remembered). */

const KEY = "insights-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

const current = () => root.dataset.theme ?? (system.matches ? "dark" : "light");
const other = () => (current() === "dark" ? "light" : "dark");

/** Make `button` the switch; `onChange` is called whenever the colours change. */
export function setUpTheme(button, onChange) {
  const label = () => {
    button.textContent = `${other() === "dark" ? "Dark" : "Light"} theme`;
  };
  const changed = () => {
    label();
    onChange();
  };
  button.addEventListener("click", () => {
    choose(other());
    changed();
  });
  system.addEventListener("change", changed);
  label();
}

function choose(theme) {
  root.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is forbidden: the choice lasts as long as the page.
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

// At once, so that the first picture has the right colours.
if (["dark", "light"].includes(remembered())) root.dataset.theme = remembered();
