/** Groups of which all photos are kept: they are listed no more until they have another one. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { toSentence } from "@/app/i18n/problem-words";
import { showToast } from "@/ui/toasts";

export async function dismiss(groupId: string): Promise<void> {
  await unwrap(api.PUT("/api/v1/duplicates/{group_id}/dismissal", of(groupId)));
}

export async function restore(groupId: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/duplicates/{group_id}/dismissal", of(groupId)));
}

/** List all dismissed groups again. */
export function useRestoreAll() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/v1/duplicates/dismissals")),
    onSuccess: () => client.resetQueries({ queryKey: ["duplicates"] }),
    onError: (error) => showToast(toSentence(error, t)),
  });
}

function of(groupId: string) {
  return { params: { path: { group_id: groupId } } };
}
