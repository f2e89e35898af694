import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useState } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import { TextField as AriaTextField, type TextFieldProps } from "react-aria-components/TextField";
import { useTranslation } from "react-i18next";
import { IconButton } from "./button";

export const INPUT =
  "w-full min-h-11 rounded-lg border border-line-strong bg-field px-3 text-base text-ink " +
  "placeholder:text-ink-soft invalid:border-danger [input&]:read-only:bg-sunken";

interface Props extends Omit<TextFieldProps, "className" | "children"> {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly end?: ReactNode;
}

export function TextField({ label, hint, end, ...props }: Props) {
  return (
    <AriaTextField {...props} className="flex flex-col gap-1.5">
      <Label className="text-sm font-medium text-ink">{label}</Label>
      <div className="relative flex">
        <Input className={INPUT} />
        {end !== undefined && (
          <div className="absolute inset-y-0 end-1 grid place-items-center">{end}</div>
        )}
      </div>
      {hint !== undefined && (
        <Text slot="description" className="text-sm text-ink-soft">
          {hint}
        </Text>
      )}
      <FieldError className="text-sm text-danger" />
    </AriaTextField>
  );
}

/** A password that can be shown; a new one says its rules. */
export function PasswordField({
  isNew = false,
  ...props
}: Omit<Props, "end" | "type"> & { isNew?: boolean }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <TextField
      {...props}
      isRequired
      type={shown ? "text" : "password"}
      autoComplete={isNew ? "new-password" : "current-password"}
      {...(isNew ? { minLength: 8, maxLength: 256 } : {})}
      hint={isNew ? t("field.password.rules") : undefined}
      end={
        <IconButton
          aria-label={t(shown ? "field.password.hide" : "field.password.show")}
          onPress={() => setShown(!shown)}
          className="!min-h-9 !size-9 text-ink-soft"
        >
          <Icon aria-hidden className="size-5" />
        </IconButton>
      }
    />
  );
}
