using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Events;
using MirrorTools.Contracts.Cycles;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Points;
using MirrorTools.Engine.Mirroring.Source;

namespace MirrorTools.Agent.Pairs;

/// <summary>Points that an admin takes by name: they are kept where the copy is until somebody removes them.</summary>
internal sealed class NamedPoints(PairRegistry registry, PairCycles cycles, IPeerLinks links, EventLog events, TimeProvider time)
{
    private const int MaxChars = 63;

    private static readonly TimeSpan TakingDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TakingPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes a point and names it: the next one, where a schedule is quicker. In a group it is one point of all pairs, and has the name in all that have their source here.</summary>
    /// <returns>The cycle that brings it to the target.</returns>
    public async Task<CycleInfo> TakeAsync(string nameOrId, NewPointRequest request, CancellationToken cancel)
    {
        Check(request.Name);
        var pair = registry.Find(nameOrId);
        pair.RequireSource();
        var members = registry.MembersOf(pair).Where(static member => member.SourceSide is not null).ToList();

        // No point is taken for a name that it can't have.
        foreach (var member in members)
        {
            await NameAsync(member, 0, request.Name, cancel);
        }

        var cycle = await StartAsync(pair, cancel);
        foreach (var member in members)
        {
            try
            {
                await NameAsync(member, (ulong)cycle.Number, request.Name, cancel);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                var error = ErrorTranslation.Translate(exception);
                throw new ControlException(
                    error.ErrorId, $"Point {cycle.Number} of the pair '{member.Definition.Name}' was taken, and could not be named: {error.Message}", member.Definition.Name, error)
                {
                    Remedy = $"{error.Remedy ?? ErrorTable.Find(error.ErrorId).Remedy} Then run New-ConsistencyPoint again.",
                };
            }
        }

        return cycle;
    }

    /// <summary>Names a point of a copy at this agent.</summary>
    public async Task NameHereAsync(MirrorPair pair, ulong number, string name, string actor)
    {
        Check(name);
        await pair.RequireTarget().Target!.NamePointAsync(number, name);
        if (number != 0)
        {
            events.Write(EventKinds.PointNamed, new(pair.Definition.Id, pair.Definition.Name), actor, ("point", $"{number}"), ("name", name));
        }
    }

    // What is only digits would be taken for a number.
    private static void Check(string name)
    {
        if (name.Length is 0 or > MaxChars || !name.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.') || name.All(char.IsAsciiDigit))
        {
            throw new ControlException(
                ErrorIds.InvalidArgument, $"'{name}' can't be a point's name: it takes 1 to {MaxChars} ASCII letters, digits, '-', '_' and '.', and is no number.", name)
            {
                Remedy = "Choose another -Name.",
            };
        }
    }

    private Task NameAsync(MirrorPair pair, ulong number, string name, CancellationToken cancel) => pair.PeerAgentId is { } peer
        ? links.AskAsync<NamePointRequest, PairRequest>(peer, PairMethods.NamePoint, new NamePointRequest(pair.Definition.Id, number, name), cancel)
        : NameHereAsync(pair, number, name, "this agent");

    // A cycle that runs already is of an older point.
    private async Task<CycleInfo> StartAsync(MirrorPair pair, CancellationToken cancel)
    {
        var name = pair.Definition.Id.ToString();
        var source = pair.RequireSource().Source!;
        var running = (await source.GetStatusAsync()).Point;
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                return await cycles.StartAsync(name, supersede: false, cancel);
            }
            catch (Exception error) when (IdOf(error) is ErrorIds.CycleRunning && time.GetElapsedTime(began) < TakingDeadline)
            {
                running = await WaitForEndAsync(source, running, began, cancel);
            }

            if ((await source.GetStatusAsync()).Point is var next && next != 0 && next != running)
            {
                return await cycles.GetAsync(name, (long)next);
            }
        }
    }

    // Until the running point is another one, or none.
    private async Task<ulong> WaitForEndAsync(MirrorSource source, ulong running, long began, CancellationToken cancel)
    {
        var point = (await source.GetStatusAsync()).Point;
        running = running == 0 ? point : running;
        while (point == running && point != 0 && time.GetElapsedTime(began) < TakingDeadline)
        {
            await Task.Delay(TakingPoll, time, cancel);
            point = (await source.GetStatusAsync()).Point;
        }

        return running;
    }

    private static string IdOf(Exception error) => ErrorTranslation.Translate(error).ErrorId;
}
