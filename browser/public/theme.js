// Runs before the first paint, so that a chosen theme does not flash up in the system's; see components/theme.ts.
(() => {
  try {
    const theme = localStorage.getItem("octavo.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
})();
