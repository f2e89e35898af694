/**
 * The parameters of an address as text: a list is its parameter repeated, and nothing is JSON.
 *
 * The router's own codec reads `q=2019` as a number and takes the quotes of `q="red car"` away.
 */

type Parameters = Record<string, string | string[]>;

export function parseSearch(text: string): Parameters {
  const parameters: Parameters = {};
  const query = new URLSearchParams(text);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    parameters[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return parameters;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) query.append(name, String(each));
    }
  }
  // They are legal in a query, and an address is read by people.
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text === "" ? "" : `?${text}`;
}
