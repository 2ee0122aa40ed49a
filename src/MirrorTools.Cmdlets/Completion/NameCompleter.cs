using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Completion;

/// <summary>Completes names that the agent knows; completes nothing where it does not answer at once.</summary>
public abstract class NameCompleter : IArgumentCompleter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        var pattern = new WildcardPattern(wordToComplete.Trim('\'', '"') + "*", WildcardOptions.IgnoreCase);
        try
        {
            var names = Task.Run(() => NamesAsync(fakeBoundParameters)).GetAwaiter().GetResult();
            return names.Where(name => pattern.IsMatch(name.Text)).Select(Result).ToList();
        }
        catch (Exception error) when (error is MirrorApiException or OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            // Completion has nowhere to tell an error; the command that is being typed will.
            return [];
        }
    }

    /// <summary>The names, each with what its tool tip says.</summary>
    /// <param name="bound">The parameters typed so far.</param>
    protected abstract Task<IEnumerable<(string Text, string ToolTip)>> NamesAsync(IDictionary bound);

    /// <summary>Asks the agent that the command line names.</summary>
    /// <typeparam name="T">What it answers.</typeparam>
    /// <param name="bound">The parameters typed so far.</param>
    /// <param name="call">The request.</param>
    protected static async Task<T> AskAsync<T>(IDictionary bound, Func<MirrorAgentClient, CancellationToken, Task<T>> call)
    {
        var given = bound["Agent"] is PSObject wrapped ? wrapped.BaseObject : bound["Agent"];
        var agent = given switch
        {
            MirrorAgentReference reference => reference,
            Agents.MirrorAgent found => found.Agent,
            string text when text.Length > 0 => AgentReferenceAttribute.Resolve(text, Path.GetFullPath),
            _ => MirrorAgentReference.Default,
        };
        using var client = MirrorAgentClient.Open(agent.StateDirectory, Patience);
        using var timeout = new CancellationTokenSource(Patience);
        return await call(client, timeout.Token).ConfigureAwait(false);
    }

    /// <summary>The first text bound to any of the parameters; null where none is.</summary>
    /// <param name="bound">The parameters typed so far.</param>
    /// <param name="parameters">Their names.</param>
    protected static string? BoundText(IDictionary bound, params string[] parameters) => parameters
        .Select(parameter => bound[parameter] is object[] several ? several.FirstOrDefault() : bound[parameter])
        .Where(value => value is not null)
        .Select(value => value!.ToString())
        .FirstOrDefault();

    private static CompletionResult Result((string Text, string ToolTip) name)
    {
        var plain = name.Text.Length > 0 && name.Text.All(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/');
        var text = plain ? name.Text : $"'{name.Text.Replace("'", "''")}'";
        return new CompletionResult(text, name.Text, CompletionResultType.ParameterValue, name.ToolTip);
    }
}
