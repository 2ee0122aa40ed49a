using System.Reflection;
using System.Runtime.Serialization;
using System.Text.Json;
using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Control.Json;
using MirrorTools.Contracts.Client;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Tests.Control;

public sealed class ContractTests
{
    // Made by the agents themselves or by the client; no route answers with them.
    private static readonly string[] NotAnswered =
    [
        ErrorIds.MirrorAgentNotRunning, ErrorIds.MirrorAgentAlreadyRunning, ErrorIds.MirrorAgentNotFound, ErrorIds.MirrorAgentDidNotStart,
        ErrorIds.MirrorAgentTokenUnreadable, ErrorIds.MirrorAgentTimeout, ErrorIds.MirrorAgentProtocolError, ErrorIds.WaitTimeout, ErrorIds.FileNotFound,
    ];

    public static TheoryData<Type> Contracts => [.. typeof(ErrorBody).Assembly.GetExportedTypes()
        .Where(type => type.GetCustomAttribute<DataContractAttribute>() is not null && !type.IsAbstract)];

    [Theory]
    [MemberData(nameof(Contracts))]
    public void What_the_agent_writes_the_cmdlets_serializer_reads_back_the_same(Type type)
    {
        var value = Fill(type, 0);
        var json = JsonSerializer.SerializeToUtf8Bytes(value, type, ContractJson.Options);
        var back = typeof(MirrorJson).GetMethod(nameof(MirrorJson.Read))!.MakeGenericMethod(type).Invoke(null, [json])!;
        Assert.Equal(JsonSerializer.Serialize(value, type, ContractJson.Options), JsonSerializer.Serialize(back, type, ContractJson.Options));
    }

    [Theory]
    [MemberData(nameof(Contracts))]
    public void What_the_cmdlets_serializer_writes_the_agent_reads_back_the_same(Type type)
    {
        var value = Fill(type, 0);
        var json = (byte[])typeof(MirrorJson).GetMethod(nameof(MirrorJson.Write))!.MakeGenericMethod(type).Invoke(null, [value])!;
        var back = JsonSerializer.Deserialize(json, type, ContractJson.Options)!;
        Assert.Equal(JsonSerializer.Serialize(value, type, ContractJson.Options), JsonSerializer.Serialize(back, type, ContractJson.Options));
    }

    [Fact]
    public void Every_error_id_that_a_route_answers_with_has_a_remedy_naming_what_to_do()
    {
        var ids = typeof(ErrorIds).GetFields().Select(field => (string)field.GetValue(null)!).Except(NotAnswered);
        Assert.Equal(ids.Order(), ErrorTable.Ids.Order());
        Assert.All(ErrorTable.Ids, id => Assert.EndsWith(".", ErrorTable.Body(id, "").RecommendedAction));
    }

    [Fact]
    public void Unknown_members_are_ignored_and_absent_ones_are_defaults()
    {
        var body = JsonSerializer.Deserialize<ErrorBody>("""{"errorId":"X","new":{"a":[1]}}""", ContractJson.Options)!;
        Assert.Equal(("X", "", 0), (body.ErrorId, body.Message, body.Details.Count));
    }

    private static object Fill(Type type, int depth)
    {
        var value = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => property.GetCustomAttribute<DataMemberAttribute>() is not null))
        {
            property.SetValue(value, Sample(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property.Name, depth));
        }

        return value;
    }

    private static object? Sample(Type type, string name, int depth) => type switch
    {
        _ when type == typeof(string) => $"{name} \"ü\" </é>",
        _ when type == typeof(bool) => true,
        _ when type == typeof(int) => 7,
        _ when type == typeof(long) => 1L << 52,
        _ when type == typeof(double) => 1.5,
        _ when type == typeof(Dictionary<string, string>) => new Dictionary<string, string> { ["a b"] = "c" },
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(List<>) => List(type, name, depth),
        _ => depth > 3 ? null : Fill(type, depth + 1),
    };

    private static object List(Type type, string name, int depth)
    {
        var list = (System.Collections.IList)Activator.CreateInstance(type)!;
        list.Add(Sample(type.GetGenericArguments()[0], name, depth + 1));
        return list;
    }
}
