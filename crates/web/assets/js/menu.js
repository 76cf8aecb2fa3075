// Menus are details elements. Opening one closes the others; Escape or a click beside them closes all.

export function closeMenus() {
  const menus = [...document.querySelectorAll("details[data-menu]")];
  const close = (except) => menus.forEach((menu) => menu !== except && (menu.open = false));

  for (const menu of menus) {
    menu.addEventListener("toggle", () => menu.open && close(menu));
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }
  document.addEventListener("click", (event) => close(event.target.closest("details[data-menu]")));
}
