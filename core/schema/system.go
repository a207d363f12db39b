package schema

// The system fields that can be filtered, ordered and selected on any
// collection.
const (
	SysID          = "id"
	SysStatus      = "status"
	SysLocale      = "locale"
	SysRevision    = "revision"
	SysCreatedAt   = "created_at"
	SysCreatedBy   = "created_by" // user id
	SysUpdatedAt   = "updated_at"
	SysUpdatedBy   = "updated_by"
	SysPublishedAt = "published_at"
	SysParent      = "parent"
	SysPosition    = "position"
	SysTrashedAt   = "trashed_at"
)

// SystemFields are the names of the system fields that any collection has.
func SystemFields() []string {
	return []string{
		SysID, SysStatus, SysLocale, SysRevision, SysCreatedAt, SysCreatedBy, SysUpdatedAt, SysUpdatedBy,
		SysPublishedAt, SysParent, SysPosition, SysTrashedAt,
	}
}
