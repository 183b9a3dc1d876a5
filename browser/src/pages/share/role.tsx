import chevron from "lucide:chevron-down";
import { Icon } from "../../components/icon";
import { Menu, type MenuItem } from "../../components/menu";
import { t } from "../../i18n";
import { SHARED_ROLES, type SharedRole } from "./state";

interface RoleMenuProps {
  label: string;
  role: SharedRole;
  change(role: SharedRole): void;
  /** What else can be done with this person, below the roles. */
  more?: MenuItem[];
}

/** The role somebody has, as a button whose menu changes it. */
export function RoleMenu({ label, role, change, more = [] }: RoleMenuProps) {
  return (
    <Menu
      label={`${label}: ${t(`role.${role}`)}`}
      buttonClass="button share-role"
      button={
        <>
          {t(`role.${role}`)}
          <Icon shapes={chevron} size={14} />
        </>
      }
      items={[
        ...SHARED_ROLES.map((each) => ({
          label: t(`role.${each}`),
          content: (
            <span class="share-role-item">
              {t(`role.${each}`)}
              <small class="quiet">{t(`role.${each}.may`)}</small>
            </span>
          ),
          checked: each === role,
          run: () => each !== role && change(each),
        })),
        ...more,
      ]}
    />
  );
}
