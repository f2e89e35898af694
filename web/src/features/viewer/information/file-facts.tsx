import { useTranslation } from "react-i18next";
import { formatBytes } from "@/ui/format-bytes";
import type { PhotoDetail } from "../photo-query";
import { Section } from "./section";

const PIXELS_PER_MEGAPIXEL = 1_000_000;
const FORMATS: Record<string, string> = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "image/gif": "GIF",
  "image/webp": "WebP",
  "image/avif": "AVIF",
  "image/heic": "HEIC",
  "image/heif": "HEIF",
  "image/jxl": "JPEG XL",
  "image/tiff": "TIFF",
  "image/bmp": "BMP",
};

/** The original: its name, size, dimensions and format. */
export function FileFacts({ photo }: { readonly photo: PhotoDetail }) {
  const { t, i18n } = useTranslation();
  const { filename, size, width, height, content_type } = photo;
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const facts = [
    FORMATS[content_type] ?? content_type.split("/").at(-1)?.toUpperCase(),
    formatBytes(size, i18n.language),
  ];
  if (width && height) {
    const megapixels = number.format((width * height) / PIXELS_PER_MEGAPIXEL);
    facts.push(`${width} × ${height}`, t("viewer.file.megapixels", { megapixels }));
  }
  return (
    <Section title={t("viewer.file")}>
      <div className="text-sm">
        <p className="break-words">
          <bdi>{filename}</bdi>
        </p>
        <p className="text-ink-soft">
          {facts.map((fact, index) => (
            <span key={fact}>
              {index > 0 && " · "}
              <bdi>{fact}</bdi>
            </span>
          ))}
        </p>
      </div>
    </Section>
  );
}
