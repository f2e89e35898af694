import { Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { showToast } from "@/ui/toasts";
import { Section } from "./section";

/** Longer texts begin with their first lines alone. */
const MOST_LINES = 8;
const MOST_CHARACTERS = 400;

interface Props {
  readonly text: string | null | undefined;
}

/** What was read in the picture, to select and to copy. */
export function TextSection({ text }: Props) {
  const { t } = useTranslation();
  const [isWhole, setIsWhole] = useState(false);
  if (!text?.trim()) return null;
  const isLong = text.length > MOST_CHARACTERS || text.split("\n").length > MOST_LINES;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      showToast(t("viewer.text.copied"));
    } catch {
      showToast(t("viewer.text.copyFailed"));
    }
  };
  return (
    <Section
      title={t("viewer.text")}
      end={
        <IconButton
          aria-label={t("viewer.text.copy")}
          className="!size-9 !min-h-9 text-ink-soft"
          onPress={() => void copy()}
        >
          <Copy aria-hidden className="size-4" />
        </IconButton>
      }
    >
      <p
        dir="auto"
        className={classNames(
          "text-sm break-words whitespace-pre-line select-text",
          isLong && !isWhole ? "line-clamp-8" : "",
        )}
      >
        {text}
      </p>
      {isLong && (
        <Button
          variant="quiet"
          aria-expanded={isWhole}
          className="!min-h-9 self-start !px-2 !text-accent"
          onPress={() => setIsWhole(!isWhole)}
        >
          {t(isWhole ? "viewer.text.less" : "viewer.text.all")}
        </Button>
      )}
    </Section>
  );
}
