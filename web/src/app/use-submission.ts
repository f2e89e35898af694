import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { toWords, type Words } from "./i18n/problem-words";

type FieldMessage = "field.required" | "field.email.invalid" | "field.password.short";

/** What is wrong: the server's response, or fields that the form itself finds wrong. */
type Failure = { readonly error: unknown } | { readonly fields: Record<string, FieldMessage> };

const NOTHING_WRONG: Words = { fields: {}, alert: undefined };

/**
 * State of a form that sends its fields: whether it is on its way, and what is wrong, in words.
 *
 * A message stays until its form is changed. It does not go when a field loses the focus, since
 * the button that was about to be pressed would move away.
 */
export function useSubmission(send: (fields: FormData, form: HTMLFormElement) => Promise<void>) {
  const { t } = useTranslation();
  const [failure, setFailure] = useState<Failure>();
  const [pending, setPending] = useState(false);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const wrong = wrongFields(form);
    if (Object.keys(wrong).length > 0) {
      setFailure({ fields: wrong });
      focusFirst(form, wrong);
      return;
    }
    setFailure(undefined);
    setPending(true);
    try {
      await send(new FormData(form), form);
    } catch (error) {
      setFailure({ error });
      focusFirst(form, toWords(error, t).fields);
    } finally {
      setPending(false);
    }
  };

  const words = describe(failure);
  const form = {
    onSubmit,
    onInput: () => setFailure(undefined),
    validationErrors: words.fields,
    validationBehavior: "aria",
    noValidate: true,
  } as const;
  return { form, pending, alert: words.alert };

  /** In the language of now, not of when it happened. */
  function describe(what: Failure | undefined): Words {
    if (what === undefined) return NOTHING_WRONG;
    if ("error" in what) return toWords(what.error, t);
    const sentences = Object.entries(what.fields).map(([name, key]) => [name, t(key)]);
    return { fields: Object.fromEntries(sentences), alert: undefined };
  }
}

/** Return what is wrong with the fields of a form that are required, too short, or no address. */
function wrongFields(form: HTMLFormElement): Record<string, FieldMessage> {
  const wrong: Record<string, FieldMessage> = {};
  for (const input of form.querySelectorAll("input")) {
    const required = input.required || input.ariaRequired === "true";
    if (required && input.value.trim() === "") wrong[input.name] = "field.required";
    else if (input.validity.typeMismatch) wrong[input.name] = "field.email.invalid";
    else if (input.minLength > input.value.length) wrong[input.name] = "field.password.short";
  }
  return wrong;
}

function focusFirst(form: HTMLFormElement, wrong: Record<string, unknown>): void {
  const inputs = [...form.querySelectorAll("input")];
  inputs.find(({ name }) => name in wrong)?.focus();
}

/** Return a text field of a form. */
export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
