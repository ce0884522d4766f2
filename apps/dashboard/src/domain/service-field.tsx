import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { servicesQuery } from '../api/services.ts'
import { useSeesPlatform } from '../api/session.ts'
import { ProblemCard } from '../parts/problem-card.tsx'

interface Props {
  /** Whose domain it is for. */
  tenant: string
  value: string
  onChange(value: string): void
}

/** The name of a service: chosen, or typed by who may not see which there are. */
export function ServiceField(props: Props) {
  return useSeesPlatform() ? <ChosenService {...props} /> : <TypedService {...props} />
}

function ChosenService({ tenant, value, onChange }: Props) {
  const { data, error } = useQuery(servicesQuery)
  const open = (data?.data ?? []).filter((service) => service.tenant === null || service.tenant === tenant)
  const names = open.map(({ name }) => name)
  // The present one is an option before the others are read, too.
  const all = value === '' || names.includes(value) ? names : [value, ...names]
  return (
    <>
      <NativeSelect
        label="Service"
        description={data !== undefined && all.length === 0 ? `None is open to ${tenant} yet.` : undefined}
        required
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[{ value: '', label: 'Choose one' }, ...all]}
      />
      {error !== null && <ProblemCard error={error} />}
    </>
  )
}

const TypedService = ({ value, onChange }: Props) => (
  <TextInput
    label="Service"
    description="By the name that the platform gave it."
    placeholder="shop-api"
    required
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)
