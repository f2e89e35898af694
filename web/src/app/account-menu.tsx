import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut, Settings } from "lucide-react";
import { Header } from "react-aria-components/Header";
import { Menu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { session } from "@/api/session";
import { profileQuery } from "@/features/account/profile";
import { IconButton } from "@/ui/button";
import { showToast } from "@/ui/toasts";
import { useMenuOpening } from "@/ui/use-menu-opening";
import { toSentence } from "./i18n/problem-words";
import { Initial } from "./initial";

const ITEM =
  "flex min-h-11 cursor-default items-center gap-3 rounded-lg px-3 text-sm outline-none focused:bg-hover";

export function AccountMenu({ defaultOpen }: { readonly defaultOpen: boolean }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: profile } = useQuery(profileQuery);
  const { trigger, menu } = useMenuOpening(defaultOpen);

  const signOut = () => {
    session.end().catch((error: unknown) => showToast(toSentence(error, t)));
  };

  return (
    <MenuTrigger {...menu}>
      <IconButton ref={trigger} aria-label={t("account.menu")} className="!rounded-full">
        <Initial />
      </IconButton>
      <Popover
        placement="bottom end"
        className="w-64 animate-rise rounded-2xl border border-line bg-surface p-1.5 shadow-xl"
      >
        <Menu autoFocus="first" aria-label={t("account.menu")} className="outline-none">
          <MenuSection>
            <Header className="px-3 py-2">
              <span className="block truncate text-sm font-semibold">{profile?.name}</span>
              <span className="block truncate text-sm text-ink-soft">{profile?.email}</span>
            </Header>
            <MenuItem className={ITEM} onAction={() => void navigate({ to: "/settings/account" })}>
              <Settings aria-hidden className="size-4.5 text-ink-soft" />
              {t("nav.settings")}
            </MenuItem>
            <MenuItem className={ITEM} onAction={signOut}>
              <LogOut aria-hidden className="size-4.5 text-ink-soft" />
              {t("account.signOut")}
            </MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
