/** Changes between light and dark, and remembers it. */
export function toggleTheme(): void {
  const root = document.documentElement;
  const now =
    root.dataset["theme"] ??
    (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  root.dataset["theme"] = next;
  try {
    localStorage.setItem("moldau.theme", next);
  } catch {
    // Storage may be switched off; the choice holds until the page is left.
  }
}
