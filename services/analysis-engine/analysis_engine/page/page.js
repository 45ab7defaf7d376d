// Titles of the charts, at once and by touch. Without this script the browser shows them itself, later.
const tip = document.getElementById("tip");
const titles = new WeakMap();
for (const title of document.querySelectorAll("svg title")) {
  titles.set(title.parentElement, title.textContent);
  title.remove();
}
const show = (event) => {
  const target = event.target.closest?.("svg g");
  const text = target && titles.get(target);
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(Math.max(event.clientX - width / 2, 8), innerWidth - width - 8);
  const above = event.clientY - height - 14;
  tip.style.left = `${left}px`;
  tip.style.top = `${above < 8 ? event.clientY + 18 : above}px`;
};
document.addEventListener("pointermove", show);
document.addEventListener("pointerdown", show);
document.addEventListener(
  "scroll",
  () => {
    tip.hidden = true;
  },
  { passive: true },
);
