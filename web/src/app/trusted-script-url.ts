/** Addresses of scripts for workers. The gateway's policy allows one Trusted Types policy. */

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

/** Browsers without Trusted Types take the text. */
const factory = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;

/** A second policy of this name would be refused, so all workers of the client pass this one. */
const policy = factory?.createPolicy("pichaven", { createScriptURL: ownScript });

/** Return what `new Worker` takes. Throws for an address of another host. */
export function trustedScriptUrl(url: string): string {
  return policy?.createScriptURL(url) ?? ownScript(url);
}

function ownScript(url: string): string {
  const { origin, href } = new URL(url, location.href);
  if (origin !== location.origin) throw new TypeError(`${url} is not a script of this host.`);
  return href;
}
