// SVG as text: elements, escaped words, and paths with the fewest digits that a screen can show.

type Attributes = Readonly<Record<string, string | number | undefined>>;

export function mark(name: string, attributes: Attributes, inside = ""): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? short(value) : escaped(value)}"`)
    .join("");
  return inside === "" ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`;
}

export function words(text: string, x: number, y: number, attributes: Attributes = {}): string {
  return mark("text", { x, y, ...attributes }, escaped(text));
}

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export type Point = readonly [x: number, y: number];

/** Lines through the points; where one is null, the pen is lifted. A point alone becomes a dot. */
export function lineThrough(points: readonly (Point | null)[]): string {
  let path = "";
  let isDown = false;
  points.forEach((point, i) => {
    if (point === null) {
      isDown = false;
      return;
    }
    path += `${isDown ? "L" : "M"}${short(point[0])} ${short(point[1])}`;
    if (!isDown && (points[i + 1] ?? null) === null) path += "h.1";
    isDown = true;
  });
  return path;
}

/** The area between two lines of the same length. */
export function areaBetween(upper: readonly Point[], lower: readonly Point[]): string {
  if (upper.length === 0) return "";
  return `${lineThrough(upper)}${lineThrough(lower.toReversed()).replace("M", "L")}Z`;
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** About how wide words are in the fonts that we ask for; no text is measured where the plot is made. */
export function widthOf(text: string, size: number): number {
  return text.length * size * 0.56;
}
