/** A party as Dialpad describes it. Its id may be a number or a non-numeric string. */
export interface Party {
  id: number | string | null
  type: string | null
  name: string | null
  phone: string | null
  email: string | null
}
