package code

import (
	"go/types"
	"slices"

	"github.com/peercheck/peercheck/lib/golang/query"
)

// contexts are what the handlers of frameworks are given of a request, and answer it with.
var contexts = []string{
	"github.com/gin-gonic/gin.Context", "github.com/labstack/echo.Context", "github.com/gofiber/fiber.Ctx",
	"github.com/valyala/fasthttp.RequestCtx", "github.com/beego/beego/server/web/context.Context", "github.com/cloudwego/hertz/pkg/app.RequestContext",
}

// IsContext reports whether a type, or what it points to, is what a framework gives to its
// handlers, in any major version of it: a request and the answer to it in one.
func IsContext(t types.Type) bool {
	return slices.Contains(contexts, Unversioned(query.TypeName(t)))
}

// IsRequest reports whether a type is what a handler is given of a request. Clients have
// an *http.Request, too: only [IsResponder] is a server's alone.
func IsRequest(t types.Type) bool { return query.IsType(t, "net/http.Request") || IsContext(t) }

// IsResponder reports whether a type is what a handler answers a request with.
func IsResponder(t types.Type) bool {
	return query.IsType(t, "net/http.ResponseWriter") || IsContext(t)
}
