package golang

// Steps is how often the newest draft was continued from.
func (c *Cache) Steps() int {
	if len(c.drafts) == 0 {
		return 0
	}
	return c.drafts[0].Steps()
}
