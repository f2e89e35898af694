import { Link, useSearch } from "@tanstack/react-router";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { session } from "@/api/session";
import { textOf, useSubmission } from "@/app/use-submission";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { usePageTitle } from "@/ui/page-title";
import { PasswordField, TextField } from "@/ui/text-field";
import { AccountFrame } from "./account-frame";
import { logIn } from "./log-in";

export function LoginScreen() {
  const { t } = useTranslation();
  usePageTitle(t("signIn.title"));
  const { next } = useSearch({ strict: false });
  const { form, pending, alert } = useSubmission(async (fields) => {
    const credentials = { email: textOf(fields, "email"), password: textOf(fields, "password") };
    session.begin(await logIn(credentials));
  });
  return (
    <AccountFrame title={t("signIn.title")} subtitle={t("signIn.subtitle")}>
      <Form {...form} className="flex flex-col gap-5">
        <Alert>{alert}</Alert>
        <TextField
          name="email"
          type="email"
          label={t("field.email")}
          autoComplete="username"
          isRequired
          autoFocus
        />
        <PasswordField name="password" label={t("field.password")} />
        <Button type="submit" variant="primary" isPending={pending} className="min-h-11">
          {t("signIn.submit")}
        </Button>
      </Form>
      <p className="mt-6 text-sm text-ink-soft">
        {t("signIn.toRegister")}{" "}
        <Link
          to="/register"
          search={next === undefined ? {} : { next }}
          className="rounded font-medium text-accent underline underline-offset-4"
        >
          {t("register.title")}
        </Link>
      </p>
    </AccountFrame>
  );
}
