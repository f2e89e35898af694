import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { toSentence } from "@/app/i18n/problem-words";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toasts";
import { NewKeyForm } from "./new-key-form";
import { Section } from "./section";

type ApiKey = components["schemas"]["ApiKey"];

/** An account has fewer than fit into one page. */
const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async ({ signal }) => (await unwrap(api.GET("/api/v1/me/api-keys", { signal }))).items,
});

export function KeysSection() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: keys } = useSuspenseQuery(keysQuery);
  const refresh = () => queryClient.invalidateQueries(keysQuery);
  return (
    <>
      <Section title={t("settings.keys")} hint={t("settings.keys.hint")}>
        {keys.length === 0 ? (
          <p className="rounded-xl bg-sunken px-4 py-6 text-center text-sm text-ink-soft">
            {t("settings.keys.empty")}
          </p>
        ) : (
          <ul className="divide-y divide-line rounded-xl border border-line">
            {keys.map((key) => (
              <KeyRow key={key.id} apiKey={key} onDeleted={() => void refresh()} />
            ))}
          </ul>
        )}
      </Section>
      <Section title={t("settings.keys.new")}>
        <NewKeyForm onCreated={() => void refresh()} />
      </Section>
    </>
  );
}

function KeyRow({
  apiKey,
  onDeleted,
}: {
  readonly apiKey: ApiKey;
  readonly onDeleted: () => void;
}) {
  const { t, i18n } = useTranslation();
  const [confirming, setConfirming] = useState(false);
  const { name } = apiKey;
  const used = apiKey.last_used_at;
  const when = used && new Date(used).toLocaleString(i18n.language, { dateStyle: "medium" });
  const scopes = apiKey.scopes.map((scope) =>
    t(scope === "photos:read" ? "settings.keys.scope.read" : "settings.keys.scope.write"),
  );

  const remove = async () => {
    try {
      await unwrap(
        api.DELETE("/api/v1/me/api-keys/{key_id}", { params: { path: { key_id: apiKey.id } } }),
      );
      showToast(t("settings.keys.deleted", { name }));
      onDeleted();
    } catch (error) {
      showToast(toSentence(error, t));
    }
  };

  return (
    <li className="flex items-center gap-3 p-3 ps-4">
      <KeyRound aria-hidden className="size-5 shrink-0 text-ink-soft" />
      <div className="min-w-0 grow text-sm">
        <p className="truncate font-medium">{name}</p>
        <p className="text-ink-soft">
          <bdi className="font-mono text-xs">{apiKey.prefix}…</bdi> · {scopes.join(" · ")}
        </p>
        <p className="text-ink-soft">
          {when ? t("settings.keys.used", { when }) : t("settings.keys.unused")}
        </p>
      </div>
      <IconButton
        aria-label={t("settings.keys.delete", { name })}
        onPress={() => setConfirming(true)}
      >
        <Trash2 aria-hidden className="size-4.5" />
      </IconButton>
      <ConfirmDialog
        isOpen={confirming}
        onOpenChange={setConfirming}
        title={t("settings.keys.delete", { name })}
        text={t("settings.keys.confirm", { name })}
        action={t("action.delete")}
        onConfirm={() => void remove()}
      />
    </li>
  );
}
