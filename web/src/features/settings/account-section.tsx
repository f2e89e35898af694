import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { textOf, useSubmission } from "@/app/use-submission";
import { profileQuery } from "@/features/account/profile";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/text-field";
import { showToast } from "@/ui/toasts";
import { Section } from "./section";
import { StorageUse } from "./storage-use";

export function AccountSection() {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("settings.account.profile")}>
        <ProfileForm />
      </Section>
      <Section title={t("settings.storage")}>
        <StorageUse />
      </Section>
    </>
  );
}

function ProfileForm() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { data: profile } = useSuspenseQuery(profileQuery);
  const { form, pending, alert } = useSubmission(async (fields) => {
    const changed = await unwrap(
      api.PATCH("/api/v1/me", {
        // Another device may have changed it meanwhile.
        params: { header: { "If-Match": `"${profile.version}"` } },
        body: { name: textOf(fields, "name") },
      }),
    );
    queryClient.setQueryData(profileQuery.queryKey, changed);
    showToast(t("settings.account.nameSaved"));
  });
  return (
    <Form {...form} className="flex flex-col gap-5">
      <Alert>{alert}</Alert>
      <TextField
        name="name"
        label={t("field.name")}
        autoComplete="name"
        defaultValue={profile.name}
        isRequired
        maxLength={100}
      />
      <TextField
        label={t("field.email")}
        type="email"
        value={profile.email}
        isReadOnly
        autoComplete="username"
      />
      <Button type="submit" variant="primary" isPending={pending} className="self-start">
        {t("action.save")}
      </Button>
    </Form>
  );
}
