import { useQuery } from "@tanstack/react-query";
import { ImageUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/button";
import { MessageScreen } from "@/ui/message-screen";
import { usePageTitle } from "@/ui/page-title";
import { chipsOf } from "./chips";
import { heldPicture } from "./held-picture";
import { LookalikeResults } from "./lookalike-results";
import { PatternHeader } from "./pattern-header";
import { PictureChooser } from "./picture-chooser";
import { type SearchAddress, without } from "./search-address";
import { pictureQuery } from "./search-queries";
import { UnderstoodList } from "./understood-list";
import { useSearchByPicture } from "./use-picture-target";

interface Props {
  readonly address: SearchAddress;
  readonly onChange: (address: SearchAddress) => void;
}

/** Photos that look like a picture from outside, among those of the filters. */
export function PictureResults({ address, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const searchByPicture = useSearchByPicture();
  const held = heldPicture(address.picture);
  const { data, error, refetch } = useQuery({
    ...pictureQuery(address),
    enabled: held !== undefined,
  });
  usePageTitle(t("search.picture.title"));
  if (held === undefined) {
    return (
      <MessageScreen
        main
        icon={<ImageUp className="size-7" />}
        title={t("search.picture.gone.title")}
        hint={t("search.picture.gone.hint")}
      >
        <PictureChooser onPicture={searchByPicture}>
          {(open) => (
            <Button variant="primary" onPress={open}>
              {t("search.picture.again")}
            </Button>
          )}
        </PictureChooser>
      </MessageScreen>
    );
  }
  return (
    <LookalikeResults
      header={
        <>
          <PatternHeader
            title={t("search.picture.title")}
            name={held.name}
            src={held.url}
            label={t("search.picture.chip")}
            onEnd={() => onChange(without(address, "picture"))}
          />
          <UnderstoodList chips={chipsOf(address, [], t, i18n.language)} onChange={onChange} />
        </>
      }
      answer={data}
      error={error}
      onRetry={() => void refetch()}
    />
  );
}
