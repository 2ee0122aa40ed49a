using MirrorTools.Agent.Control.Errors;
using MirrorTools.Engine.Link;

namespace MirrorTools.Agent.Pairs;

/// <summary>Questions between agents as JSON, with errors by their documented ids.</summary>
internal static class PeerAnswers
{
    /// <summary>A handler that reads the question, answers it, and tells an error by its id.</summary>
    /// <param name="answer">Takes the agent that asks and the question; returns the answer.</param>
    public static LinkRequestHandler With<T>(Func<Guid, T, CancellationToken, Task<object>> answer) => async (request, cancel) =>
    {
        try
        {
            return PairJson.Write(await answer(request.PeerAgentId, PairJson.Read<T>(request.Json), cancel));
        }
        catch (Exception error) when (error is not LinkRequestException and not OperationCanceledException)
        {
            var known = ErrorTranslation.Translate(error);
            throw new LinkRequestException(known.ErrorId, known.Message, error);
        }
    };

    /// <summary>Asks another agent.</summary>
    /// <exception cref="ControlException">It refused, or does not answer.</exception>
    public static async Task<TAnswer> AskAsync<TQuestion, TAnswer>(this IPeerLinks links, Guid agentId, string method, TQuestion question, CancellationToken cancel)
    {
        try
        {
            return PairJson.Read<TAnswer>(await links.RequestAsync(agentId, method, PairJson.Write(question), cancel));
        }
        catch (Exception error) when (error is LinkRequestException or LinkClosedException)
        {
            throw ErrorTranslation.Translate(error);
        }
    }
}
