/** What a person may be in a project, in the order in which pages name them. */
import type { Schemas } from '../../api/client'

export type Role = Schemas['RoleEnum']

export const ROLES: readonly { role: Role; name: string; does: string }[] = [
  { role: 'annotator', name: 'Annotator', does: 'judges, corrects and chooses masks' },
  {
    role: 'physician',
    name: 'MD',
    does: 'decides what was unsure; draws, chooses and verifies where the protocol asks it',
  },
  { role: 'researcher', name: 'Researcher', does: 'reads the figures, exports versions' },
  { role: 'admin', name: 'Admin', does: 'sets up, imports, steers, manages people' },
]
