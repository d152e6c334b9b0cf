/// The commit that this program was built from, as the builder named it; empty where nobody did.
extern const char *const swemu_revision;
