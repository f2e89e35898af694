import { Circle, CircleCheck, Heart, Sparkles, Trash2 } from "lucide-react";
import { ToggleButton } from "react-aria-components/ToggleButton";
import { useTranslation } from "react-i18next";
import type { Photo } from "@/features/photos/photo-grid";
import { imageSources } from "@/features/photos/variants";
import { classNames } from "@/ui/class-names";
import { CoverImage } from "@/ui/cover-image";
import { formatBytes } from "@/ui/format-bytes";
import { descriptionOf, formatOf, placeOf, takenText } from "./facts";

interface Props {
  readonly photo: Photo;
  /** Counted from 0: the key that chooses it is one more. */
  readonly index: number;
  readonly isKept: boolean;
  readonly isSuggested: boolean;
  readonly hasMostPixels: boolean;
  readonly hasMostBytes: boolean;
  readonly onToggle: () => void;
  readonly onOpen: () => void;
}

const MOST_KEYS = 9;

/** One photo of a group: its picture, whether it is kept, and what tells it from the others. */
export function Candidate(props: Props) {
  const { photo, index, isKept, onToggle, onOpen } = props;
  const { t } = useTranslation();
  const name = photo.caption || photo.filename;
  const Icon = isKept ? CircleCheck : Circle;
  return (
    <li
      className={classNames(
        "flex min-w-0 flex-col overflow-hidden rounded-2xl border-2 bg-surface transition-colors",
        isKept ? "border-accent" : "border-line",
      )}
    >
      <div className="relative">
        <button
          type="button"
          aria-label={t("duplicates.open", { name })}
          onClick={onOpen}
          className="relative block aspect-4/3 max-h-[36vh] w-full cursor-zoom-in overflow-hidden bg-sunken -outline-offset-2"
        >
          <span className={classNames("absolute inset-0", !isKept && "opacity-55 grayscale-50")}>
            <CoverImage
              {...imageSources(photo.variants)}
              sizes="(min-width: 64rem) 30rem, 50vw"
              blurhash={photo.blurhash}
              whole
            />
          </span>
        </button>
        <Marks {...props} />
      </div>
      <ToggleButton
        isSelected={isKept}
        onChange={onToggle}
        aria-label={t("duplicates.keep", { name })}
        className="flex min-h-11 items-center justify-center gap-2 border-y border-line text-sm font-semibold -outline-offset-2 hover:bg-hover selected:bg-accent-soft selected:text-accent"
      >
        <Icon aria-hidden className="size-4.5" />
        {t("duplicates.kept")}
        {index < MOST_KEYS && <KeyHint name={String(index + 1)} />}
      </ToggleButton>
      <Facts {...props} />
    </li>
  );
}

const MARK = "inline-flex items-center gap-1 rounded-full px-2.5 py-1 text-xs font-semibold shadow";

function Marks({ photo, isKept, isSuggested }: Props) {
  const { t } = useTranslation();
  return (
    <div className="pointer-events-none absolute inset-x-2 top-2 flex flex-wrap items-start gap-1.5">
      {isSuggested && (
        <span className={`${MARK} bg-accent text-on-accent`}>
          <Sparkles aria-hidden className="size-3.5" />
          {t("duplicates.suggested")}
        </span>
      )}
      {!isKept && (
        <span className={`${MARK} bg-inverse text-on-inverse`}>
          <Trash2 aria-hidden className="size-3.5" />
          {t("duplicates.toTrash")}
        </span>
      )}
      {photo.favorite && (
        <Heart
          role="img"
          aria-label={t("duplicates.why.favorite")}
          className="ms-auto size-7 rounded-full bg-black/55 fill-white p-1.5 text-white"
        />
      )}
    </div>
  );
}

function Facts({ photo, hasMostPixels, hasMostBytes }: Props) {
  const { t, i18n } = useTranslation();
  const { width, height } = photo;
  const rows: readonly [label: string, text: string | null | undefined, isBest: boolean][] = [
    [t("duplicates.fact.pixels"), width && height && `${width} × ${height}`, hasMostPixels],
    [t("duplicates.fact.bytes"), formatBytes(photo.size, i18n.language), hasMostBytes],
    [t("duplicates.fact.format"), formatOf(photo), false],
    [t("duplicates.fact.taken"), takenText(photo, i18n.language), false],
    [t("duplicates.fact.camera"), photo.exif.camera, false],
    [t("duplicates.fact.place"), placeOf(photo), false],
    [t("duplicates.fact.described"), descriptionOf(photo), false],
  ].map(([label, text, isBest]) => [String(label), text ? String(text) : null, isBest === true]);
  return (
    <div className="p-3 text-sm">
      <p dir="auto" className="mb-2 truncate font-medium">
        {photo.filename}
      </p>
      <dl className="grid gap-x-3 gap-y-0.5 sm:grid-cols-[7rem_1fr]">
        {rows.map(
          ([label, text, isBest]) =>
            text && (
              <div key={label} className="contents">
                <dt className="text-xs text-ink-soft sm:text-sm">{label}</dt>
                <dd className={classNames("break-words", isBest && "font-semibold text-accent")}>
                  <bdi>{text}</bdi>
                </dd>
              </div>
            ),
        )}
      </dl>
    </div>
  );
}

/** The key that does the same; phones have none. It is no part of the control's text. */
export function KeyHint({ name }: { readonly name: string }) {
  return (
    <kbd
      aria-hidden
      data-key={name}
      className="hidden min-w-5 rounded border border-current/35 px-1 text-center font-sans text-[0.6875rem] leading-4.5 font-medium opacity-80 after:content-[attr(data-key)] lg:inline-block"
    />
  );
}
