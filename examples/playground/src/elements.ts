/** An element of the page by its id. */
export function byId<E extends Element = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found as unknown as E;
}

/** Calls `show` now and whenever the element comes near the part of the page that is in sight. */
export function whenInSight(element: Element, show: () => void): { isInSight(): boolean } {
  let inSight = false;
  const observer = new IntersectionObserver(
    (entries) => {
      const was = inSight;
      inSight = entries.at(-1)!.isIntersecting;
      if (inSight && !was) show();
    },
    { rootMargin: "300px" },
  );
  observer.observe(element);
  return { isInSight: () => inSight };
}
