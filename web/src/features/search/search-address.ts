/** The filters of a search as its address has them; names and values are those of the API. */

import type { operations } from "@/api/schema";

export type Orientation = "landscape" | "portrait" | "square";

export interface SearchAddress {
  readonly q?: string;
  readonly from?: string;
  readonly to?: string;
  readonly camera?: string[];
  readonly tag?: string[];
  readonly place?: string[];
  readonly type?: string[];
  readonly orientation?: Orientation[];
  readonly color?: string[];
  readonly favorite?: boolean;
  readonly rating?: number;
  readonly near?: string;
  readonly bbox?: string;
  /** All of `q` as plain words. */
  readonly literal?: boolean;
  /** The photo that results look like, instead of `q` and filters. */
  readonly similar_to?: string;
  /** The picture that results look like, instead of `q`: a key of `heldPicture`. */
  readonly picture?: string;
}

export type ListName = "camera" | "tag" | "place" | "type" | "orientation" | "color";
type TextName = "q" | "from" | "to" | "near" | "bbox" | "similar_to" | "picture";
type ApiQuery = NonNullable<operations["search_api_v1_search_get"]["parameters"]["query"]>;

const TEXTS: readonly TextName[] = ["q", "from", "to", "near", "bbox", "similar_to", "picture"];
const LISTS: readonly ListName[] = ["camera", "tag", "place", "type", "orientation", "color"];
const ORIENTATIONS: readonly string[] = ["landscape", "portrait", "square"];
const MOST_STARS = 5;

/** Read the parameters of an address; what cannot be a filter is left out. */
export function readSearchAddress(search: Record<string, unknown>): SearchAddress {
  const address: Record<string, unknown> = {};
  for (const name of TEXTS) {
    const text = readText(search[name]);
    if (text !== "") address[name] = text;
  }
  for (const name of LISTS) {
    const values = readList(search[name]).filter(
      (value) => name !== "orientation" || ORIENTATIONS.includes(value),
    );
    if (values.length > 0) address[name] = values;
  }
  for (const name of ["favorite", "literal"] as const) {
    const text = readText(search[name]);
    if (text === "true" || (text === "false" && name === "favorite")) {
      address[name] = text === "true";
    }
  }
  const rating = Number(readText(search.rating));
  if (Number.isInteger(rating) && rating > 0 && rating <= MOST_STARS) address.rating = rating;
  return address;
}

function readText(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" || typeof first === "number" || typeof first === "boolean"
    ? String(first).trim()
    : "";
}

function readList(value: unknown): string[] {
  const values = (Array.isArray(value) ? value : [value]).map(readText);
  return [...new Set(values.filter((each) => each !== ""))];
}

/** Return the filters without the words, and without what stands for them. */
export function filtersOf(address: SearchAddress): SearchAddress {
  const { q: _q, literal: _literal, similar_to: _similar, picture: _picture, ...filters } = address;
  return filters;
}

export function hasFilters(address: SearchAddress): boolean {
  return Object.keys(filtersOf(address)).length > 0;
}

export function countFilters(address: SearchAddress): number {
  return Object.values(filtersOf(address)).flat().length;
}

/** Whether there is nothing to look for. */
export function isBlank(address: SearchAddress): boolean {
  return Object.keys(address).every((name) => name === "literal");
}

/** Return the address of a search for other words among the same photos. */
export function withWords(address: SearchAddress, text: string): SearchAddress {
  const q = text.trim();
  return q === "" ? filtersOf(address) : { q, ...filtersOf(address) };
}

export function without(address: SearchAddress, ...names: (keyof SearchAddress)[]): SearchAddress {
  const entries = Object.entries(address);
  return Object.fromEntries(
    entries.filter(([name]) => !names.includes(name as keyof SearchAddress)),
  );
}

/** Return the address with a value of a list put in, or taken out if it is there. */
export function toggle(address: SearchAddress, name: ListName, value: string): SearchAddress {
  const values: readonly string[] = address[name] ?? [];
  const others = values.filter((each) => !isSameName(each, value));
  const next = others.length < values.length ? others : [...values, value];
  return next.length === 0 ? without(address, name) : { ...address, [name]: next };
}

export function hasValue(address: SearchAddress, name: ListName, value: string): boolean {
  return address[name]?.some((each) => isSameName(each, value)) ?? false;
}

/** The API compares names without case. */
function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Return the parameters of `GET /search`. */
export function toApiQuery(address: SearchAddress): ApiQuery {
  return without(address, "similar_to", "picture");
}

/** Return the filters that `POST /search/image` takes. */
export function toPictureFilters(address: SearchAddress): ApiQuery {
  return filtersOf(address);
}
