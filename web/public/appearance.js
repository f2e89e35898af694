// The chosen theme and language on <html>, before anything is painted; src/app/appearance.ts
// writes them.
(() => {
  try {
    const { theme, language } = JSON.parse(localStorage.getItem("pichaven.appearance") ?? "{}");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    if (language) document.documentElement.lang = language;
    if (language === "ar") document.documentElement.dir = "rtl";
  } catch {
    // Without storage the system's theme and language hold.
  }
})();
