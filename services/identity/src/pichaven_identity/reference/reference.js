// Renders the OpenAPI document of this PicHaven. Text only ever enters the page as text.

const METHODS = ["get", "post", "put", "patch", "delete"];

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function resolve(root, schema) {
  const reference = schema?.$ref;
  if (!reference) return schema ?? {};
  return reference.slice(2).split("/").reduce((node, part) => node?.[part], root) ?? {};
}

function nameOf(root, schema) {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => nameOf(root, option)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `${nameOf(root, schema.items)}[]`;
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? "any");
}

function objectIn(root, schema) {
  const resolved = resolve(root, schema);
  if (resolved.properties) return resolved;
  if (resolved.items) return objectIn(root, resolved.items);
  for (const option of resolved.anyOf ?? resolved.oneOf ?? resolved.allOf ?? []) {
    const inside = objectIn(root, option);
    if (inside) return inside;
  }
  return null;
}

const LIMITS = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"];

function limitsOf(schema) {
  const limits = LIMITS.filter((name) => schema[name] !== undefined).map((name) => `${name} ${schema[name]}`);
  if (schema.default !== undefined && schema.default !== null) limits.push(`default ${JSON.stringify(schema.default)}`);
  return limits.join(", ");
}

function fields(root, schema, ancestors = []) {
  const object = objectIn(root, schema);
  if (!object || ancestors.includes(object)) return null;
  const list = make("ul", { className: "fields" });
  for (const [name, property] of Object.entries(object.properties)) {
    const required = object.required?.includes(name);
    const limits = limitsOf(property);
    list.append(
      make("li", {},
        make("code", { textContent: name }), " ",
        make("span", { className: "type", textContent: nameOf(root, property) }),
        required ? null : make("span", { className: "quiet", textContent: " optional" }),
        limits ? make("span", { className: "quiet", textContent: ` · ${limits}` }) : null,
        property.description ? make("span", { textContent: ` — ${property.description}` }) : null,
        fields(root, property, [...ancestors, object]),
      ),
    );
  }
  return list;
}

function example(root, schema, depth = 0) {
  const resolved = resolve(root, schema);
  if (resolved.default !== undefined) return resolved.default;
  if (resolved.examples?.length) return resolved.examples[0];
  if (resolved.const !== undefined) return resolved.const;
  if (resolved.enum) return resolved.enum[0];
  const options = resolved.anyOf ?? resolved.oneOf ?? resolved.allOf;
  if (options) return example(root, options[0], depth);
  if (resolved.properties) {
    if (depth > 4) return {};
    const required = Object.entries(resolved.properties).filter(([name]) => resolved.required?.includes(name));
    return Object.fromEntries(required.map(([name, value]) => [name, example(root, value, depth + 1)]));
  }
  return { array: [], object: {}, integer: 0, number: 0, boolean: false }[resolved.type] ?? "";
}

function parameterRows(root, parameters) {
  const list = make("ul", { className: "fields" });
  for (const parameter of parameters) {
    const limits = limitsOf(parameter.schema ?? {});
    list.append(
      make("li", {},
        make("code", { textContent: parameter.name }), " ",
        make("span", { className: "type", textContent: `${parameter.in}, ${nameOf(root, parameter.schema)}` }),
        parameter.required ? null : make("span", { className: "quiet", textContent: " optional" }),
        limits ? make("span", { className: "quiet", textContent: ` · ${limits}` }) : null,
        parameter.description ? make("span", { textContent: ` — ${parameter.description}` }) : null,
      ),
    );
  }
  return list;
}

function trial(root, method, path, parameters, body) {
  const inputs = parameters
    .filter((parameter) => parameter.in === "path" || parameter.in === "query")
    .map((parameter) => [parameter, make("input", { name: parameter.name, required: parameter.in === "path" })]);
  const text = body ? make("textarea", { value: JSON.stringify(example(root, body.schema), null, 2) }) : null;
  const output = make("pre", { hidden: true });
  const form = make("form", {},
    ...inputs.map(([parameter, input]) => make("label", {}, `${parameter.name} `, input)),
    text,
    make("button", { textContent: `Send ${method.toUpperCase()}` }),
    output,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let address = path;
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.append(parameter.name, input.value);
    }
    const headers = {};
    const token = document.getElementById("token").value.trim();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (text) headers["Content-Type"] = "application/json";
    output.hidden = false;
    output.textContent = "…";
    try {
      const response = await fetch(query.size ? `${address}?${query}` : address, {
        method: method.toUpperCase(), headers, body: text ? text.value : undefined,
      });
      const content = await response.text();
      let formatted = content;
      try { formatted = JSON.stringify(JSON.parse(content), null, 2); } catch { /* not JSON: as it is */ }
      output.textContent = `${response.status} ${response.statusText}\n${formatted.slice(0, 100000)}`;
    } catch (error) {
      output.textContent = String(error);
    }
  });
  return make("details", {}, make("summary", { textContent: "Try it" }), form);
}

function call(root, method, path, operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((parameter) => resolve(root, parameter));
  const contents = Object.entries(resolve(root, operation.requestBody)?.content ?? {});
  const json = contents.find(([type]) => type === "application/json")?.[1];
  const inside = make("div", { className: "inside" });
  if (operation.description) inside.append(make("p", { textContent: operation.description }));
  if (parameters.length) inside.append(make("h4", { textContent: "Parameters" }), parameterRows(root, parameters));
  for (const [type, content] of contents) {
    inside.append(make("h4", { textContent: `Body, ${type}` }), fields(root, content.schema) ?? nameOf(root, content.schema));
  }
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    const resolved = resolve(root, response);
    const schema = resolved.content?.["application/json"]?.schema;
    inside.append(make("h4", { textContent: `${status}: ${resolved.description ?? ""}` }));
    if (schema) inside.append(fields(root, schema) ?? make("span", { className: "type", textContent: nameOf(root, schema) }));
  }
  if (contents.length === 0 || json) inside.append(trial(root, method, path, parameters, json));
  return make("details", { className: "call", id: `${method}-${path}` },
    make("summary", {},
      make("span", { className: `method ${method}`, textContent: method.toUpperCase() }),
      make("code", { textContent: path }), " ",
      make("span", { className: "quiet", textContent: operation.summary ?? "" }),
    ),
    inside,
  );
}

function render(root) {
  const groups = new Map();
  for (const [path, item] of Object.entries(root.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const group = item[method].tags?.[0] ?? "other";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([method, path, call(root, method, path, item[method], item.parameters ?? [])]);
    }
  }
  const contents = document.getElementById("contents");
  const reference = document.getElementById("reference");
  reference.replaceChildren(make("p", { textContent: root.info?.description ?? "" }));
  for (const [group, calls] of groups) {
    reference.append(make("section", {}, make("h2", { textContent: group }), ...calls.map(([, , element]) => element)));
    contents.append(make("section", {}, make("strong", { textContent: group }),
      ...calls.map(([method, path, element]) =>
        make("a", { href: `#${element.id}`, title: path, textContent: `${method.toUpperCase()} ${path.replace("/api/v1", "")}` }))));
  }
}

function openLinked() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

function filterCalls(event) {
  const query = event.target.value.toLowerCase();
  for (const element of document.querySelectorAll("details.call")) {
    element.hidden = query !== "" && !element.textContent.toLowerCase().includes(query);
  }
  for (const section of document.querySelectorAll("main section")) {
    section.hidden = !section.querySelector("details.call:not([hidden])");
  }
}

try {
  const response = await fetch("/api/v1/openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
  render(await response.json());
  document.getElementById("find").addEventListener("input", filterCalls);
  addEventListener("hashchange", openLinked);
  openLinked();
} catch (error) {
  document.getElementById("reference").replaceChildren(make("p", { textContent: `The document cannot be read. ${error}` }));
}
