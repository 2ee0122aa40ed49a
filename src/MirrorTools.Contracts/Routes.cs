using MirrorTools.Contracts.Errors;

namespace MirrorTools.Contracts;

/// <summary>The routes of the control API, as templates that a server maps and <see cref="Fill"/> completes for a client.</summary>
public static class Routes
{
    /// <summary>The version that all routes carry.</summary>
    public const string Version = "v1";

    /// <summary>GET: the OpenAPI document.</summary>
    public const string OpenApi = "/v1/openapi.json";

    /// <summary>GET: the agent.</summary>
    public const string Agent = "/v1/agent";

    /// <summary>POST: stops the agent.</summary>
    public const string AgentStop = "/v1/agent/stop";

    /// <summary>POST: makes a pairing code.</summary>
    public const string TrustCodes = "/v1/trusts/codes";

    /// <summary>GET: the trusted agents. POST: joins by a code.</summary>
    public const string Trusts = "/v1/trusts";

    /// <summary>GET, DELETE: one trusted agent by name or id.</summary>
    public const string Trust = "/v1/trusts/{agent}";

    /// <summary>GET: the pairs. POST: makes one.</summary>
    public const string Pairs = "/v1/pairs";

    /// <summary>GET, PATCH, DELETE (query <see cref="DeleteDataQuery"/>): one pair by name or id.</summary>
    public const string Pair = "/v1/pairs/{pair}";

    /// <summary>POST: suspends a pair.</summary>
    public const string PairSuspend = "/v1/pairs/{pair}/suspend";

    /// <summary>POST: resumes a pair.</summary>
    public const string PairResume = "/v1/pairs/{pair}/resume";

    /// <summary>GET, PUT: a pair's schedule.</summary>
    public const string Schedule = "/v1/pairs/{pair}/schedule";

    /// <summary>GET: the consistency groups. POST: makes one.</summary>
    public const string Groups = "/v1/groups";

    /// <summary>GET, PATCH, DELETE (dissolves it; its pairs stay): one group by name or id.</summary>
    public const string Group = "/v1/groups/{group}";

    /// <summary>GET (query <see cref="TakeQuery"/>): a pair's cycles. POST: starts one.</summary>
    public const string Cycles = "/v1/pairs/{pair}/cycles";

    /// <summary>GET: one cycle by its number.</summary>
    public const string Cycle = "/v1/pairs/{pair}/cycles/{number}";

    /// <summary>POST: gives the running cycle up.</summary>
    public const string CycleStop = "/v1/pairs/{pair}/cycles/{number}/stop";

    /// <summary>GET: server-sent events with the cycle as it goes on, until it has ended.</summary>
    public const string CycleFollow = "/v1/pairs/{pair}/cycles/{number}/follow";

    /// <summary>GET: a pair's committed points. POST: takes one by name; answers its cycle.</summary>
    public const string Points = "/v1/pairs/{pair}/points";

    /// <summary>DELETE: gives up a point that is kept.</summary>
    public const string Point = "/v1/pairs/{pair}/points/{number}";

    /// <summary>POST: exports a point; answers an operation.</summary>
    public const string PointExport = "/v1/pairs/{pair}/points/{number}/export";

    /// <summary>GET (queries <see cref="SiteQuery"/>, <see cref="FirstGrainQuery"/>, <see cref="TakeQuery"/>): a page of a map's bits.</summary>
    public const string Bitmap = "/v1/pairs/{pair}/bitmaps/{map}";

    /// <summary>GET (the same queries): a page of the runs of a map's 1 bits.</summary>
    public const string BitmapRanges = "/v1/pairs/{pair}/bitmaps/{map}/ranges";

    /// <summary>POST: what a recovery would do.</summary>
    public const string RecoveryPlan = "/v1/pairs/{pair}/recovery/plan";

    /// <summary>POST: recovers.</summary>
    public const string Recovery = "/v1/pairs/{pair}/recovery";

    /// <summary>POST: what another action would do.</summary>
    public const string Plans = "/v1/plans";

    /// <summary>GET: the volumes.</summary>
    public const string Volumes = "/v1/volumes";

    /// <summary>GET: one volume by name or id.</summary>
    public const string Volume = "/v1/volumes/{volume}";

    /// <summary>GET (queries <see cref="OffsetQuery"/>, <see cref="LengthQuery"/>) and PUT (query <see cref="OffsetQuery"/>): bytes.</summary>
    public const string VolumeData = "/v1/volumes/{volume}/data";

    /// <summary>POST: makes everything written to the volume durable.</summary>
    public const string VolumeFlush = "/v1/volumes/{volume}/flush";

    /// <summary>POST: mounts. DELETE (query <see cref="ForceQuery"/>): dismounts all.</summary>
    public const string Attachments = "/v1/volumes/{volume}/attachments";

    /// <summary>DELETE (query <see cref="ForceQuery"/>): dismounts one.</summary>
    public const string Attachment = "/v1/volumes/{volume}/attachments/{id}";

    /// <summary>GET (queries <see cref="AfterQuery"/>, <see cref="TakeQuery"/>, <see cref="FollowQuery"/>): events; followed, server-sent.</summary>
    public const string Events = "/v1/events";

    /// <summary>GET, DELETE (cancels): a long operation.</summary>
    public const string Operation = "/v1/operations/{id}";

    /// <summary>GET: server-sent events with the operation as it goes on, until it has ended.</summary>
    public const string OperationFollow = "/v1/operations/{id}/follow";

    /// <summary>Query: <c>true</c> deletes the storages B, C and D with the pair, never A.</summary>
    public const string DeleteDataQuery = "deleteData";

    /// <summary>Query: how many items at most.</summary>
    public const string TakeQuery = "take";

    /// <summary>Query: the side of a map.</summary>
    public const string SiteQuery = "site";

    /// <summary>Query: the first grain of a page.</summary>
    public const string FirstGrainQuery = "firstGrain";

    /// <summary>Query: an offset in bytes.</summary>
    public const string OffsetQuery = "offset";

    /// <summary>Query: a length in bytes.</summary>
    public const string LengthQuery = "length";

    /// <summary>Query: <c>true</c> dismounts although hosts are connected.</summary>
    public const string ForceQuery = "force";

    /// <summary>Query: events with a greater id.</summary>
    public const string AfterQuery = "after";

    /// <summary>Query: <c>true</c> keeps the answer open as server-sent events.</summary>
    public const string FollowQuery = "follow";

    /// <summary>Completes a template: each <c>{placeholder}</c> in turn with a value, escaped as one path segment.</summary>
    /// <param name="template">One of the routes here.</param>
    /// <param name="values">As many values as it has placeholders.</param>
    /// <returns>The path.</returns>
    /// <exception cref="MirrorApiException"><see cref="ErrorIds.InvalidArgument"/>: a value that cannot be a path segment.</exception>
    public static string Fill(string template, params string[] values)
    {
        var path = template;
        foreach (var value in values)
        {
            // An URI parser folds "." and ".." away even when they are escaped, and the request would go to another route.
            if (value.Trim() is "" or "." or "..")
            {
                throw MirrorApiException.Create(ErrorIds.InvalidArgument, $"'{value}' is not a name.", "Give a name or an id.", "InvalidArgument", value);
            }

            var open = path.IndexOf('{');
            var close = path.IndexOf('}');
            if (open < 0 || close < open)
            {
                throw new ArgumentException($"The route {template} takes fewer than {values.Length} values.", nameof(values));
            }

            path = path.Substring(0, open) + Uri.EscapeDataString(value) + path.Substring(close + 1);
        }

        return path;
    }
}
