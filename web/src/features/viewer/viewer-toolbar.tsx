import {
  Download,
  Heart,
  Info,
  Keyboard,
  Pause,
  Play,
  RotateCcw,
  Trash2,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { classNames } from "@/ui/class-names";
import type { PhotoDetail } from "./photo-query";
import type { Command } from "./shortcuts";
import type { Zoom } from "./use-zoom";
import { ViewerButton } from "./viewer-button";

interface Props {
  readonly photo: PhotoDetail | undefined;
  readonly zoom: Zoom;
  readonly isInformationOpen: boolean;
  readonly isPlaying: boolean;
  readonly canPlay: boolean;
  readonly isHidden: boolean;
  readonly onCommand: (command: Command) => void;
  readonly onRestore: () => void;
}

/** What can be done with the open photo. On phones, a part of it is at the lower edge. */
export function ViewerToolbar(props: Props) {
  const { t } = useTranslation();
  const { photo, zoom, isPlaying, isHidden, onCommand } = props;
  const run = (command: Command) => () => onCommand(command);
  const isTrashed = photo?.trashed_at != null;
  return (
    <div
      className={classNames(
        "absolute inset-x-0 top-0 z-10 flex items-center gap-0.5 px-2 pt-2 pb-8 transition-opacity sm:gap-1 sm:px-4",
        "pointer-events-none bg-linear-to-b from-black/60 to-transparent",
        isHidden ? "opacity-0 focus-within:opacity-100" : "*:pointer-events-auto",
      )}
    >
      <ViewerButton
        label={t("viewer.close")}
        keyLabel={t("viewer.key.Escape")}
        icon={X}
        onPress={run("close")}
        className="me-auto"
      />
      <div className="flex items-center gap-0.5 sm:gap-1">
        <ViewerButton
          label={t("viewer.zoomOut")}
          keyLabel="−"
          icon={ZoomOut}
          isDisabled={zoom.isWhole}
          onPress={run("zoomOut")}
        />
        <ViewerButton
          label={t("viewer.zoomIn")}
          keyLabel="+"
          icon={ZoomIn}
          isDisabled={zoom.isClosest}
          onPress={run("zoomIn")}
        />
        <ViewerButton
          label={t(isPlaying ? "viewer.slideshow.stop" : "viewer.slideshow.start")}
          keyLabel={t("viewer.key.Space")}
          icon={isPlaying ? Pause : Play}
          isDisabled={!isPlaying && !props.canPlay}
          onPress={run("slideshow")}
        />
        <ViewerButton
          label={t("viewer.shortcuts")}
          keyLabel="?"
          icon={Keyboard}
          onPress={run("shortcuts")}
          className="max-sm:hidden"
        />
      </div>
      <PhotoActions {...props} isTrashed={isTrashed} />
    </div>
  );
}

function PhotoActions(props: Props & { readonly isTrashed: boolean }) {
  const { t } = useTranslation();
  const { photo, onCommand, isTrashed } = props;
  const run = (command: Command) => () => onCommand(command);
  return (
    <div
      className={classNames(
        "flex items-center gap-0.5 sm:gap-1",
        "max-sm:fixed max-sm:inset-x-0 max-sm:bottom-0 max-sm:justify-around max-sm:bg-linear-to-t",
        "max-sm:from-black/70 max-sm:to-transparent max-sm:px-4 max-sm:pt-6",
        "max-sm:pb-[max(0.75rem,env(safe-area-inset-bottom))]",
        props.isInformationOpen && "max-sm:hidden",
      )}
    >
      {!isTrashed && (
        <ViewerButton
          label={t("viewer.favorite")}
          keyLabel="F"
          icon={Heart}
          isDisabled={photo === undefined}
          isOn={photo?.favorite ?? false}
          onPress={run("favorite")}
          iconClassName={photo?.favorite ? "fill-current" : ""}
        />
      )}
      <ViewerButton
        label={t("viewer.download")}
        keyLabel="D"
        icon={Download}
        isDisabled={!photo?.original_url}
        onPress={run("download")}
      />
      {isTrashed ? (
        <ViewerButton label={t("viewer.restore")} icon={RotateCcw} onPress={props.onRestore} />
      ) : (
        <ViewerButton
          label={t("viewer.trash")}
          keyLabel={t("viewer.key.Delete")}
          icon={Trash2}
          isDisabled={photo === undefined}
          onPress={run("trash")}
        />
      )}
      <ViewerButton
        label={t("viewer.information")}
        keyLabel="I"
        icon={Info}
        isOn={props.isInformationOpen}
        onPress={run("information")}
      />
    </div>
  );
}
