import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { session } from "@/api/session";
import { toSentence } from "@/app/i18n/problem-words";
import { textOf, useSubmission } from "@/app/use-submission";
import { profileQuery } from "@/features/account/profile";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { PasswordField } from "@/ui/text-field";
import { showToast } from "@/ui/toasts";
import { Section } from "./section";
import { SessionsList } from "./sessions-list";

export function SecuritySection() {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("settings.security.password")} hint={t("settings.security.password.hint")}>
        <PasswordForm />
      </Section>
      <Section title={t("settings.security.devices")} hint={t("sessions.hint")}>
        <SessionsList />
        <p className="mt-6 mb-3 text-sm text-ink-soft text-pretty">
          {t("settings.security.devices.hint")}
        </p>
        <SignOutEverywhere />
      </Section>
    </>
  );
}

function PasswordForm() {
  const { t } = useTranslation();
  const { data: profile } = useSuspenseQuery(profileQuery);
  const { form, pending, alert } = useSubmission(async (fields, element) => {
    const body = {
      current_password: textOf(fields, "current_password"),
      new_password: textOf(fields, "new_password"),
    };
    await unwrap(api.PUT("/api/v1/auth/password", { body }));
    element.reset();
    showToast(t("settings.security.password.changed"));
  });
  return (
    <Form {...form} className="flex flex-col gap-5">
      <Alert>{alert}</Alert>
      {/* Tells a password manager whose password this is. */}
      <input type="text" autoComplete="username" value={profile.email} readOnly hidden />
      <PasswordField name="current_password" label={t("field.currentPassword")} />
      <PasswordField name="new_password" label={t("field.newPassword")} isNew />
      <Button type="submit" variant="primary" isPending={pending} className="self-start">
        {t("settings.security.password.change")}
      </Button>
    </Form>
  );
}

function SignOutEverywhere() {
  const { t } = useTranslation();
  const [pending, setPending] = useState(false);
  const signOut = async () => {
    setPending(true);
    try {
      await session.end({ everywhere: true });
    } catch (error) {
      showToast(toSentence(error, t));
      setPending(false);
    }
  };
  return (
    <Button variant="danger" isPending={pending} onPress={() => void signOut()}>
      {t("account.signOutEverywhere")}
    </Button>
  );
}
