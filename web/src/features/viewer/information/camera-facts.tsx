import { useTranslation } from "react-i18next";
import type { PhotoDetail } from "../photo-query";
import { exposureParts } from "./exposure";
import { Section } from "./section";

/** Camera, lens and exposure, where the file has them. */
export function CameraFacts({ exif }: { readonly exif: PhotoDetail["exif"] }) {
  const { t, i18n } = useTranslation();
  const exposure = exposureParts(exif, i18n.language);
  if (!exif.camera && !exif.lens && exposure.length === 0) return null;
  return (
    <Section title={t("viewer.camera")}>
      <div className="text-sm">
        {exif.camera && (
          <p>
            <bdi>{exif.camera}</bdi>
          </p>
        )}
        {exif.lens && (
          <p className="text-ink-soft">
            <bdi>{exif.lens}</bdi>
          </p>
        )}
        {exposure.length > 0 && (
          <p className="text-ink-soft">
            <bdi dir="ltr">{exposure.join(" · ")}</bdi>
          </p>
        )}
      </div>
    </Section>
  );
}
