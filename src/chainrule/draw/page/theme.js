// Light and dark: as the reader's system has it, until the button says otherwise.
const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const { classList } = document.documentElement;
  return classList.contains("dark") || (dark.matches && !classList.contains("light"));
}

function nameTheme() {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
}

function turnTheme() {
  const wanted = isDark() ? "light" : "dark";
  document.documentElement.classList.remove("light", "dark");
  document.documentElement.classList.add(wanted);
  nameTheme();
}

function offerTheme() {
  byId("theme").addEventListener("click", turnTheme);
  dark.addEventListener("change", nameTheme);
  nameTheme();
}
