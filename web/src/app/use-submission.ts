import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { toWords, type Words } from "./i18n/problem-words";

const NOTHING_WRONG: Words = { fields: {}, alert: undefined };

/** State of a form that sends its fields: whether it is on its way, and what the server said. */
export function useSubmission(send: (fields: FormData, form: HTMLFormElement) => Promise<void>) {
  const { t } = useTranslation();
  const [error, setError] = useState<unknown>(undefined);
  const [pending, setPending] = useState(false);
  // In the language of now, not of when it happened.
  const words = error === undefined ? NOTHING_WRONG : toWords(error, t);

  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setError(undefined);
    setPending(true);
    try {
      await send(new FormData(form), form);
    } catch (failure) {
      setError(failure);
    } finally {
      setPending(false);
    }
  };
  return { onSubmit, pending, words };
}

/** Return a text field of a form. */
export function textOf(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
