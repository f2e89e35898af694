import { Link, useSearch } from "@tanstack/react-router";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { session } from "@/api/session";
import { textOf, useSubmission } from "@/app/use-submission";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { usePageTitle } from "@/ui/page-title";
import { PasswordField, TextField } from "@/ui/text-field";
import { AccountFrame } from "./account-frame";

export function RegisterScreen() {
  const { t } = useTranslation();
  usePageTitle(t("register.title"));
  const { next } = useSearch({ strict: false });
  const { form, pending, alert } = useSubmission(async (fields) => {
    const body = {
      name: textOf(fields, "name"),
      email: textOf(fields, "email"),
      password: textOf(fields, "password"),
    };
    session.begin(await unwrap(api.POST("/api/v1/auth/register", { body })));
  });
  return (
    <AccountFrame title={t("register.title")} subtitle={t("register.subtitle")}>
      <Form {...form} className="flex flex-col gap-5">
        <Alert>{alert}</Alert>
        <TextField
          name="name"
          label={t("field.name")}
          autoComplete="name"
          isRequired
          autoFocus
          maxLength={100}
        />
        <TextField
          name="email"
          type="email"
          label={t("field.email")}
          autoComplete="username"
          isRequired
        />
        <PasswordField name="password" label={t("field.password")} isNew />
        <Button type="submit" variant="primary" isPending={pending} className="min-h-11">
          {t("register.submit")}
        </Button>
      </Form>
      <p className="mt-6 text-sm text-ink-soft">
        {t("register.toSignIn")}{" "}
        <Link
          to="/login"
          search={next === undefined ? {} : { next }}
          className="rounded font-medium text-accent underline underline-offset-4"
        >
          {t("signIn.title")}
        </Link>
      </p>
    </AccountFrame>
  );
}
