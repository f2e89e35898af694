import { Copy } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import type { components } from "@/api/schema";
import { textOf, useSubmission } from "@/app/use-submission";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/text-field";
import { showToast } from "@/ui/toasts";

const SCOPES = [
  { value: "photos:read", label: "settings.keys.scope.read" },
  { value: "photos:write", label: "settings.keys.scope.write" },
] as const satisfies readonly { value: components["schemas"]["Scope"]; label: string }[];

export function NewKeyForm({ onCreated }: { readonly onCreated: () => void }) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<string>();
  const [scopes, setScopes] = useState<readonly string[]>(SCOPES.map(({ value }) => value));
  const { form, pending, alert } = useSubmission(async (fields, element) => {
    const chosen = SCOPES.map(({ value }) => value).filter((value) => scopes.includes(value));
    const body = { name: textOf(fields, "name"), scopes: chosen };
    setSecret((await unwrap(api.POST("/api/v1/me/api-keys", { body }))).api_key);
    element.reset();
    onCreated();
  });
  const toggle = (value: string, on: boolean) =>
    setScopes(on ? [...scopes, value] : scopes.filter((scope) => scope !== value));

  return (
    <Form {...form} className="flex flex-col gap-5">
      <Alert>{alert}</Alert>
      <TextField
        name="name"
        label={t("settings.keys.name")}
        isRequired
        maxLength={100}
        autoComplete="off"
      />
      <fieldset>
        <legend className="mb-1 text-sm font-medium">{t("settings.keys.scopes")}</legend>
        {SCOPES.map(({ value, label }) => (
          <label key={value} className="flex min-h-10 items-center gap-3 text-sm">
            <input
              type="checkbox"
              className="size-4.5"
              checked={scopes.includes(value)}
              onChange={(event) => toggle(value, event.target.checked)}
            />
            {t(label)}
          </label>
        ))}
        {scopes.length === 0 && (
          <p className="text-sm text-danger">{t("settings.keys.scopes.required")}</p>
        )}
      </fieldset>
      <Button
        type="submit"
        variant="primary"
        isPending={pending}
        isDisabled={scopes.length === 0}
        className="self-start"
      >
        {t("settings.keys.create")}
      </Button>
      <div role="status">{secret !== undefined && <Secret value={secret} />}</div>
    </Form>
  );
}

function Secret({ value }: { readonly value: string }) {
  const { t } = useTranslation();
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    showToast(t("settings.keys.copied"));
  };
  return (
    <div className="rounded-xl bg-accent-soft p-4">
      <p className="text-sm font-medium">{t("settings.keys.created")}</p>
      <div className="mt-2 flex items-center gap-2">
        <code dir="ltr" className="grow rounded-lg bg-field px-3 py-2 text-sm break-all select-all">
          {value}
        </code>
        <Button onPress={() => void copy()}>
          <Copy aria-hidden className="size-4" />
          {t("settings.keys.copy")}
        </Button>
      </div>
    </div>
  );
}
