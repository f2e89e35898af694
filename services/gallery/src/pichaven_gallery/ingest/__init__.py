"""Events of other services, applied to photos, and the reconciler for those that do not come."""
