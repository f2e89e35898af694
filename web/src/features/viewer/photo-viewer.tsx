import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { api, unwrap } from "@/api/client";
import { Button } from "@/ui/button";

interface Props {
  readonly photoId: string;
  readonly onClose: () => void;
}

/** One photo over everything else. */
export function PhotoViewer({ photoId, onClose }: Props) {
  const { t } = useTranslation();
  const { data: photo, error } = useQuery({
    queryKey: ["photo", photoId],
    queryFn: ({ signal }) =>
      unwrap(
        api.GET("/api/v1/photos/{photo_id}", { params: { path: { photo_id: photoId } }, signal }),
      ),
  });
  if (error && !photo) throw error;
  const largest = photo?.variants.filter(({ format }) => format === "jpeg").at(-1);
  return (
    <ModalOverlay isOpen onOpenChange={(isOpen) => isOpen || onClose()}>
      <Modal className="fixed inset-0 z-40 bg-black">
        <Dialog aria-label={t("viewer.title")} className="grid h-dvh place-items-center">
          {photo && largest && (
            <img
              src={largest.url}
              alt={photo.caption || photo.filename}
              className="max-h-dvh max-w-full"
            />
          )}
          <Button aria-label={t("viewer.close")} onPress={onClose}>
            <X aria-hidden className="size-5" />
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
