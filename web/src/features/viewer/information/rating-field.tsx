import { Star } from "lucide-react";
import { Label } from "react-aria-components/Label";
import { Radio, RadioGroup } from "react-aria-components/RadioGroup";
import { useTranslation } from "react-i18next";
import { Alert } from "@/ui/alert";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import type { PhotoDetail } from "../photo-query";
import { useSave } from "./use-save";

const STARS = [1, 2, 3, 4, 5] as const;

export function RatingField({ photo }: { readonly photo: PhotoDetail }) {
  const { t } = useTranslation();
  const { save, alert } = useSave(photo.id);
  const rating = photo.rating ?? 0;
  const isReadOnly = photo.trashed_at != null;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <RadioGroup
          value={rating === 0 ? null : String(rating)}
          onChange={(value) => void save({ rating: Number(value) })}
          orientation="horizontal"
          isReadOnly={isReadOnly}
          className="flex grow items-center justify-between"
        >
          <Label className="text-sm font-semibold">{t("viewer.rating")}</Label>
          <div className="flex">
            {STARS.map((count) => (
              <Radio
                key={count}
                value={String(count)}
                aria-label={t("viewer.rating.stars", { count })}
                className="grid size-9 place-items-center rounded-lg text-accent hover:bg-hover"
              >
                <Star
                  aria-hidden
                  className={classNames(
                    "size-5",
                    count <= rating ? "fill-current" : "text-line-strong",
                  )}
                />
              </Radio>
            ))}
          </div>
        </RadioGroup>
        {rating > 0 && !isReadOnly && (
          <Button
            variant="quiet"
            className="!min-h-9 !px-2 text-ink-soft"
            onPress={() => void save({ rating: null })}
          >
            {t("viewer.rating.none")}
          </Button>
        )}
      </div>
      <Alert>{alert}</Alert>
    </div>
  );
}
