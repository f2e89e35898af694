/** What a search was understood as, and its filters, each with the address without it. */

import type { TFunction } from "i18next";
import { colorName, fileTypeName } from "./names";
import { formatDay, formatPeriod, type QueryPart, withoutPart } from "./query-parts";
import { type ListName, type SearchAddress, toggle, without, withWords } from "./search-address";

export interface Chip {
  readonly key: string;
  readonly label: string;
  /** False where it was understood as something that is not known, and filters nothing. */
  readonly isKnown: boolean;
  readonly removal: SearchAddress;
}

export function chipsOf(
  address: SearchAddress,
  parts: readonly QueryPart[],
  t: TFunction,
  language: string,
): Chip[] {
  return [...partChips(address, parts, t, language), ...filterChips(address, t, language)];
}

function partChips(
  address: SearchAddress,
  parts: readonly QueryPart[],
  t: TFunction,
  language: string,
): Chip[] {
  const q = address.q ?? "";
  return parts.map((part) => {
    const label = partLabel(part, t, language);
    return {
      key: `${part.start}-${part.end}`,
      label: part.negated ? t("search.chip.not", { label }) : label,
      isKnown: part.known,
      removal: withWords(address, withoutPart(q, part)),
    };
  });
}

function partLabel(part: QueryPart, t: TFunction, language: string): string {
  const { kind, value } = part;
  if (!part.known) return part.text;
  if (kind === "phrase") return `“${value}”`;
  if (kind === "word") return value;
  if (kind === "date") return formatPeriod(value, language);
  if (kind === "favorite") return t("search.chip.favorite");
  if (kind === "orientation") return orientationName(value, t);
  if (kind === "color") return t("search.chip.color", { value: colorName(value, t) });
  if (kind === "before" || kind === "after" || kind === "since") {
    return t(`search.chip.${kind}`, { value: formatDay(value, language) });
  }
  if (kind === "is") return part.text;
  return t(`search.chip.${kind}`, { value });
}

function filterChips(address: SearchAddress, t: TFunction, language: string): Chip[] {
  const chips: Chip[] = [];
  const add = (key: string, label: string, removal: SearchAddress) =>
    chips.push({ key, label, isKnown: true, removal });
  addPeriod(address, add, t, language);
  const lists: [ListName, (value: string) => string][] = [
    ["place", (value) => t("search.chip.place", { value })],
    ["tag", (value) => t("search.chip.tag", { value })],
    ["camera", (value) => t("search.chip.camera", { value })],
    ["type", (value) => t("search.chip.type", { value: fileTypeName(value) })],
    ["orientation", (value) => orientationName(value, t)],
    ["color", (value) => t("search.chip.color", { value: colorName(value, t) })],
  ];
  for (const [name, label] of lists) {
    for (const value of address[name] ?? []) {
      add(`${name}:${value}`, label(value), toggle(address, name, value));
    }
  }
  if (address.favorite !== undefined) {
    const label = t(address.favorite ? "search.chip.favorite" : "search.chip.noFavorite");
    add("favorite", label, without(address, "favorite"));
  }
  if (address.rating !== undefined) {
    const label = t("search.chip.rating", { value: `${address.rating}+` });
    add("rating", label, without(address, "rating"));
  }
  if (address.near !== undefined) {
    add("near", nearLabel(address.near, t, language), without(address, "near"));
  }
  if (address.bbox !== undefined) {
    add("bbox", t("search.chip.area"), without(address, "bbox"));
  }
  return chips;
}

function addPeriod(
  address: SearchAddress,
  add: (key: string, label: string, removal: SearchAddress) => void,
  t: TFunction,
  language: string,
): void {
  const { from, to } = address;
  if (from !== undefined && to !== undefined) {
    const label = formatPeriod(`${from}/${to}`, language);
    add("period", label, without(address, "from", "to"));
  } else if (from !== undefined) {
    const value = formatDay(from, language);
    add("from", t("search.chip.since", { value }), without(address, "from"));
  } else if (to !== undefined) {
    add("to", t("search.chip.until", { value: formatDay(to, language) }), without(address, "to"));
  }
}

function nearLabel(near: string, t: TFunction, language: string): string {
  const [lat = "", lon = "", km = ""] = near.split(",");
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 3 });
  const place = `${number.format(Number(lat))}, ${number.format(Number(lon))}`;
  return t("search.chip.near", { km: number.format(Number(km)), place });
}

function orientationName(value: string, t: TFunction): string {
  return value === "landscape" || value === "portrait" || value === "square"
    ? t(`search.orientation.${value}`)
    : value;
}
