import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components/Form";
import { useTranslation } from "react-i18next";
import { textOf } from "@/app/use-submission";
import { chooseTileStyle, isTileStyle, useTileStyle } from "@/features/map/tile-style";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/text-field";
import { showToast } from "@/ui/toasts";
import { Section } from "./section";

/** Which map is drawn: outlines that come with the client, or a tile server's. */
export function MapSection() {
  const { t } = useTranslation();
  const style = useTileStyle();
  const [isWrong, setWrong] = useState(false);

  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const address = textOf(new FormData(event.currentTarget), "map_style").trim();
    const isRight = address === "" || isTileStyle(address);
    setWrong(!isRight);
    if (!isRight) return;
    chooseTileStyle(address);
    showToast(t("settings.map.saved"));
  };

  return (
    <Section title={t("settings.map")}>
      <Form
        onSubmit={save}
        validationErrors={isWrong ? { map_style: t("settings.map.invalid") } : {}}
        validationBehavior="aria"
        className="flex flex-col gap-5"
      >
        <TextField
          name="map_style"
          type="url"
          label={t("settings.map.style")}
          hint={t("settings.map.hint")}
          defaultValue={style}
          onChange={() => setWrong(false)}
        />
        <Button type="submit" variant="primary" className="self-start">
          {t("action.save")}
        </Button>
      </Form>
    </Section>
  );
}
