/** Attributions of map sources as text; tile servers write them as HTML. */

const ENTITIES: Record<string, string> = {
  "&copy;": "©",
  "&amp;": "&",
  "&nbsp;": " ",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
};

/** Return the attributions without tags, each once. */
export function creditsOf(attributions: readonly (string | undefined)[]): string {
  const texts = attributions.map((html = "") =>
    html
      .replace(/<[^>]*>/g, "")
      .replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity)
      .trim(),
  );
  return [...new Set(texts.filter((text) => text !== ""))].join(" · ");
}
