// Before the first paint, so that a dark page never flashes light.
try {
  const theme = localStorage.getItem("moldau.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be switched off; the system's preference counts then.
}
