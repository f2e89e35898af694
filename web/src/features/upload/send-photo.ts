import { authorizedFetch } from "@/api/client";
import { toProblemError } from "@/api/problem";

/** Upload a file in one request. It is stored safely when this returns. */
export async function sendPhoto(file: File): Promise<void> {
  const form = new FormData();
  form.append("file", file);
  const response = await authorizedFetch("/api/v1/photos", { method: "POST", body: form });
  if (!response.ok) throw toProblemError(await response.json().catch(() => undefined), response);
}
