import { authorizedFetch } from "@/api/client";
import { toProblemError } from "@/api/problem";
import type { components } from "@/api/schema";

type Receipt = components["schemas"]["UploadReceipt"];

/** Upload a file in one request; return the photo's id. It is stored safely by then. */
export async function sendPhoto(file: File): Promise<string> {
  const form = new FormData();
  form.append("file", file);
  const response = await authorizedFetch("/api/v1/photos", { method: "POST", body: form });
  if (!response.ok) throw toProblemError(await response.json().catch(() => undefined), response);
  return ((await response.json()) as Receipt).photo_id;
}
