import { queryOptions, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { LogOut, Monitor, Smartphone } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { toSentence } from "@/app/i18n/problem-words";
import { IconButton } from "@/ui/button";
import { ConfirmDialog } from "@/ui/confirm-dialog";
import { showToast } from "@/ui/toasts";
import { deviceOf, isHandheld } from "./devices";

type LiveSession = components["schemas"]["LiveSession"];

const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await unwrap(api.GET("/api/v1/auth/sessions", { signal }))).items,
});

/** The browsers and programs that are signed in; each but this one can be signed out. */
export function SessionsList() {
  const { data: sessions } = useSuspenseQuery(sessionsQuery);
  const client = useQueryClient();
  return (
    <ul className="divide-y divide-line rounded-xl border border-line">
      {sessions.map((session) => (
        <SessionRow
          key={session.id}
          session={session}
          onEnded={() => void client.invalidateQueries(sessionsQuery)}
        />
      ))}
    </ul>
  );
}

interface RowProps {
  readonly session: LiveSession;
  readonly onEnded: () => void;
}

function SessionRow({ session, onEnded }: RowProps) {
  const { t, i18n } = useTranslation();
  const [confirming, setConfirming] = useState(false);
  const name = useDeviceName(session.user_agent);
  const Icon = isHandheld(deviceOf(session.user_agent)) ? Smartphone : Monitor;
  const when = new Date(session.last_used_at).toLocaleString(i18n.language, {
    dateStyle: "medium",
    timeStyle: "short",
  });

  const end = async () => {
    const path = { session_id: session.id };
    try {
      await unwrap(api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path } }));
      showToast(t("sessions.ended", { name }));
    } catch (error) {
      showToast(toSentence(error, t));
    }
    onEnded();
  };

  return (
    <li className="flex min-h-16 items-center gap-3 p-3 ps-4">
      <Icon aria-hidden className="size-5 shrink-0 text-ink-soft" />
      <div className="min-w-0 grow text-sm">
        <p className="font-medium break-words">
          {name}
          {session.current && (
            <span className="ms-2 inline-block rounded-full bg-accent-soft px-2 py-0.5 text-xs text-accent">
              {t("sessions.current")}
            </span>
          )}
        </p>
        <p className="text-ink-soft">{t("sessions.used", { when, address: session.address })}</p>
      </div>
      {!session.current && (
        <IconButton aria-label={t("sessions.end", { name })} onPress={() => setConfirming(true)}>
          <LogOut aria-hidden className="size-4.5" />
        </IconButton>
      )}
      <ConfirmDialog
        isOpen={confirming}
        onOpenChange={setConfirming}
        title={t("sessions.end", { name })}
        text={t("sessions.confirm")}
        action={t("account.signOut")}
        onConfirm={() => void end()}
      />
    </li>
  );
}

function useDeviceName(userAgent: string): string {
  const { t } = useTranslation();
  const { browser, system } = deviceOf(userAgent);
  if (browser !== undefined && system !== undefined) {
    return t("sessions.browser", { browser, system });
  }
  return browser ?? system ?? (userAgent.split(/[\s(]/)[0] || t("sessions.unknown"));
}
