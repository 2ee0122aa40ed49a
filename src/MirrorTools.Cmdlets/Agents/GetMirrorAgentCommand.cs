using System.Management.Automation;
using MirrorTools.Cmdlets.Completion;
using MirrorTools.Cmdlets.Connection;
using MirrorTools.Cmdlets.Input;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Agents;

/// <summary>Shows the agents of this machine that run and answer this user.</summary>
[Cmdlet(VerbsCommon.Get, "MirrorAgent")]
[OutputType(typeof(MirrorAgent))]
public sealed class GetMirrorAgentCommand : MirrorCmdlet
{
    /// <summary>Names of agents; wildcards are allowed. All that run where not given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(AgentCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Agent is not null)
        {
            Attempt(Agent, () => Show(Name));
            return;
        }

        var recorded = KnownAgents.Recorded();
        if (Name is null)
        {
            ShowAll(recorded);
            return;
        }

        foreach (var name in Name)
        {
            Attempt(name, () => ShowNamed(name, recorded));
        }
    }

    private void ShowAll(IReadOnlyList<MirrorAgentReference> recorded)
    {
        var shown = recorded.Count(agent => TryShow(agent));
        if (shown == 0)
        {
            // Asking the one that is meant by default gives the error that every other cmdlet would give.
            Agent = null;
            Attempt(Asked.StateDirectory, () => Show(null));
        }
    }

    private void ShowNamed(string name, IReadOnlyList<MirrorAgentReference> recorded)
    {
        var pattern = NamePattern.Of(name);
        var shown = recorded.Where(agent => pattern.IsMatch(agent.AgentName)).Count(agent => TryShow(agent));
        if (shown == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            throw MirrorApiException.Create(
                ErrorIds.MirrorAgentNotFound,
                $"No running agent of this machine is known to you by the name '{name}'.",
                "Run Get-MirrorAgent without a name, or give the agent's state directory with -Agent.",
                nameof(ErrorCategory.ObjectNotFound),
                name);
        }
    }

    private bool TryShow(MirrorAgentReference agent)
    {
        try
        {
            Agent = agent;
            Show(null);
            return true;
        }
        catch (MirrorApiException error) when (error.Error.ErrorId == ErrorIds.MirrorAgentNotRunning)
        {
            WriteVerbose($"{error.Message} Its record is there: it was killed.");
            return false;
        }
        catch (MirrorApiException error)
        {
            WriteError(MirrorErrors.ToRecord(error, agent));
            return true;
        }
    }

    private void Show(string[]? names)
    {
        var info = Ask((client, cancel) => client.Agent.GetAsync(cancel));
        if (names is null || names.Any(name => NamePattern.Of(name).IsMatch(info.Name)))
        {
            WriteObject(new MirrorAgent(info, new MirrorAgentReference(Asked.StateDirectory, info.Name)));
        }
    }
}
